"""A local PAI-DLC + AIWorkSpace + PAI Studio behind one signed HTTP API.

app.py routes requests to the files named for a noun (jobs, logs, images, …); state.py holds all that
changes, lifecycle.py and pods.py say what a job is at a given moment, scenarios/ what its pods print.
embedded.py starts it in a thread, control.py is the side door. It imports nothing of the other rooms.
"""
