"""Commands: one typed definition each, from which come parsing, forms, help, completion and permission, for every door.

``definitions`` what a command is, ``builtin`` those that every hub has, ``configured`` those of ``[commands]``, ``parsing`` a line to
values, ``forms`` the same by a form, ``permission`` which grant it takes, ``helping`` what people are told about them.
"""
