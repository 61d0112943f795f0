"""English."""

from leverframe.core.wording.en import admin, code, issues, ops, pulls, security
from leverframe.core.wording.en.general import general
from leverframe.core.wording.en.grammar import earlier, files
from leverframe.core.wording.en.words import WORDS
from leverframe.core.wording.voice import Voice, by_event

VOICE = Voice(sentences=by_event(admin, code, issues, ops, pulls, security), general=general, words=WORDS, earlier=earlier, files=files)
