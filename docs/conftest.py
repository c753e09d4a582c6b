"""What pytest leaves to the build of the site: its settings, the gallery, and pages written from the code."""

collect_ignore_glob = ["conf.py", "gallery/*", "generated/*"]
