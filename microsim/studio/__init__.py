"""The studio: what the command line does, in a browser on this machine alone.

Whatever changes a file here is a job whose command line is shown, a case that an editor saves, or labels that
a brush paints. State lies in the folder, not in the server: it may be stopped and started while jobs run.
"""
