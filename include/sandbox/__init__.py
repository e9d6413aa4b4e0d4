"""A bank in a box: the servers the pipeline talks to, all on loopback, all state under one folder.

Nothing outside this package and the tests imports it. Production code meets it only through connections.
"""
