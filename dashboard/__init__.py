"""The page: `python -m dashboard`. Imports core; core never imports it."""
