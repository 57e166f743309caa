"""SOLAPI v4 on the wire: signed requests, groups and their states, reports."""
