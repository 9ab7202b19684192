//! Counters, the fields of `show stat`, and their renderings: CSV, JSON, the HTML page.
