"""The kit for tests of plugins: a real hub, people who really sign what they say, and a Slack that shows what was said.

>>> from leverframe.testing import Hub
>>> async with Hub("plugins/oncall.py") as hub:          # doctest: +SKIP
...     reply = await hub.slash("/lever oncall web")
"""

from leverframe.testing.hub import Hub, Reply
from leverframe.testing.slack import Button, Form, Message

__all__ = ["Button", "Form", "Hub", "Message", "Reply"]
