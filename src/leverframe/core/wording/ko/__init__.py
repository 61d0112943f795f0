"""한국어."""

from leverframe.core.wording.ko import admin, code, issues, ops, pulls, security
from leverframe.core.wording.ko.general import general
from leverframe.core.wording.ko.grammar import earlier, files
from leverframe.core.wording.ko.words import WORDS
from leverframe.core.wording.voice import Voice, by_event

VOICE = Voice(sentences=by_event(admin, code, issues, ops, pulls, security), general=general, words=WORDS, earlier=earlier, files=files)
