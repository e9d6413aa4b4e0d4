"""The SaaS vendors' APIs and a Slack, as one HTTP server in front of the database `vendors`."""
