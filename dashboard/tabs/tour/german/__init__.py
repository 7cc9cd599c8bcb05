"""The tour in German, by its English sentences. A test holds that none is missing and none is left over."""

from __future__ import annotations

from dashboard.tabs.tour.german.page import PAGE
from dashboard.tabs.tour.german.process import PROCESS
from dashboard.tabs.tour.german.review import REVIEW
from dashboard.tabs.tour.german.steering import STEERING
from dashboard.tabs.tour.german.wrong import WRONG

GERMAN = PROCESS | STEERING | WRONG | REVIEW | PAGE
