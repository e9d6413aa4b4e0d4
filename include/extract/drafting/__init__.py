"""A first contract of a PostgreSQL database that nobody has described yet, from its own catalogue.

catalogue.py   what the database says of its tables
types.py       PostgreSQL's types and check constraints in the contract's terms
contract.py    the contract: what is left out and why, what is guessed and so tagged `unreviewed`
__main__.py    the command, `make contract-from-postgres`
"""
