"""The bench: how fast ossweep is, beside other deleters, against one store on loopback."""
