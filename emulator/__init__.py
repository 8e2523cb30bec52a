"""A local emulator of PAI-DLC, AIWorkSpace and PAI Studio with one signed HTTP API.

app.py routes requests to the module of a noun (jobs, logs, images, …); state.py holds all state; lifecycle.py and
pods.py compute a job's state at a given time; scenarios/ has the output of pods; embedded.py starts the emulator in a
thread; control.py is the unsigned control API. Imports no other room.
"""
