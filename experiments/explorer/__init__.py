"""The explorer: when a scheme that is typed into a page is stable, all of it in the browser."""
