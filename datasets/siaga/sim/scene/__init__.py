"""The sites in Blender: terrain, props, buildings, machines and light, built from `siaga.sim.sites`."""
