"""A Slack that takes messages as the real one does, keeps every version of each, and shows them on a page."""
