"""The version, which saved pictures and traces carry and a wheel is named by."""

VERSION = "0.2.0"
