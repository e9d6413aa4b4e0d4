"""Snowflake: sessions, the objects that must exist, and questions from the command line."""

import warnings

# The connector carries its own copy of requests, which complains at import about packages it does not use.
warnings.filterwarnings("ignore", message=r"urllib3 .* or chardet .* doesn't match a supported version")
