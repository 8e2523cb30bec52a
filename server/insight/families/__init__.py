"""What failures look like in a log, as data, a file a family. See kinds.py for a row's columns."""
