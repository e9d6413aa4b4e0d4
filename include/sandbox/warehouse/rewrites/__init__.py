"""Rewrites of single expressions, grouped by what they are about.

`before` runs on Snowflake's tree ahead of snowduck's own rewrites, `after` on what those leave.
"""
