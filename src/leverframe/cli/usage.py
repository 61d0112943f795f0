"""What is wrong with a command line, in Korean where the hub or the terminal speaks it; in English Typer says it itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from typer.exceptions import TyperException

from leverframe.core.errors import Locale
from leverframe.core.kept_details import in_korean, sentences

USAGE: dict[str, str] = {
    "--file needs the event's name, such as --name push": "--file에는 이벤트 이름이 필요합니다. 예: --name push",
    "Got unexpected extra argument(s) ({met})": "남는 인자가 있습니다: {met}",
    "Input should be a valid integer, unable to parse string as an integer": "정수를 쓰세요",
    "Input should be a valid number, unable to parse string as a number": "숫자를 쓰세요",
    "Input should be greater than or equal to {least}": "{least} 이상으로 쓰세요",
    "Input should be less than or equal to {limit}": "{limit} 이하로 쓰세요",
    "Invalid value for {name}: {why}": "{name} 값을 쓸 수 없습니다: {why}",
    "Missing argument {quoted}.": "{quoted} 인자를 쓰세요.",
    "Missing command.": "명령을 쓰세요.",
    "Missing option {quoted}.": "{quoted} 옵션을 쓰세요.",
    "No such command {quoted}.": "{quoted} 명령이 없습니다.",
    "No such command {quoted}. Did you mean {known}?": "{quoted} 명령이 없습니다. 혹시 {known}?",
    "No such option: {word}": "{word} 옵션이 없습니다",
    "No such option: {word} (Possible options: {known})": "{word} 옵션이 없습니다. 혹시 {known}?",
    "Option {quoted} does not take a value.": "{quoted} 옵션에는 값을 쓰지 않습니다.",
    "Option {quoted} requires an argument.": "{quoted} 옵션에 값을 쓰세요.",
    "Value error, {quoted} is not one of {known}.": "{quoted} 대신 쓸 수 있는 값: {known}",
    "an id goes without the other options": "ID는 다른 옵션과 함께 쓸 수 없습니다",
    "give a delivery's id, or --status dead and what narrows it": "전송 ID를 쓰거나 --status dead와 범위를 좁힐 옵션을 쓰세요",
    "give either --event, or --file with --name": "--event를 쓰거나 --file과 --name을 함께 쓰세요",
    "name the repository: leverframe doctor github OWNER/REPO": "저장소를 쓰세요: leverframe doctor github OWNER/REPO",
    "name what is to change: --active, --content-type, --insecure-ssl, --to or --secret": "바꿀 것을 쓰세요: --active, --content-type, --insecure-ssl, --to, --secret",
    "no sample is called {word}; there are: none, give --payload": "{word} 샘플이 없습니다. --payload를 쓰세요",
    "no sample is called {word}; there are: {known}": "{word} 샘플이 없습니다. 쓸 수 있는 것: {known}",
    "this is not what `leverframe git secret` prints": "`leverframe git secret`이 출력하는 값이 아닙니다",
    "write env:NAME or file:PATH: what stands on a command line can be read by others": "env:NAME이나 file:PATH로 쓰세요. 명령줄은 다른 사람도 볼 수 있습니다",
    "write owner/name": "owner/name으로 쓰세요",
    "{quoted}; there are: {known}": "{quoted} 대신 쓸 수 있는 값: {known}",
    "{word} is none of {known}": "{word} 대신 쓸 수 있는 값: {known}",
}  # fmt: skip
"""In Korean what Typer and the commands say of a command line."""


def tell(wrong: TyperException, arguments: Sequence[str]) -> None:
    """Say what is wrong with the command line, as the hub whose configuration it names speaks."""
    ko = in_korean(wrong.format_message(), sentences(USAGE.items())) if _locale(arguments) == "ko" else None
    if ko is None:
        wrong.show()  # type: ignore[attr-defined]
        return
    context = getattr(wrong, "ctx", None)
    if context is not None:
        print(f"{context.get_usage().replace('Usage:', '사용법:', 1)}\n도움말: {context.command_path} --help\n", file=sys.stderr)
    print(f"오류: {ko}", file=sys.stderr)


def _locale(arguments: Sequence[str]) -> Locale:
    """Return the language of the configuration, as far as it can be read; without one the terminal's."""
    from leverframe.config import find, locale_of

    named = next((after for option, after in pairwise(arguments) if option in ("--config", "-c")), None)
    named = named or next((one.partition("=")[2] for one in arguments if one.startswith("--config=")), None)
    return locale_of(find(None if named is None else Path(named)), os.environ)
