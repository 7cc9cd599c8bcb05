"""What events and unseen elements of the page are made with."""

from __future__ import annotations

# No event shows Gradio's progress. Hidden alone, the page would still hand each status of each event to every output
# that any event ever had, and look each of them up in a tree of hundreds: most of what the page computed.
QUIET = {"show_progress": "hidden", "show_progress_on": []}
UNSEEN = {"html_template": " ", "elem_classes": ["ds-out-of-sight"]}  # of a gr.HTML that is there for its script
