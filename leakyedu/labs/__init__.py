"""Experiments with sliders: ``from leakyedu.labs import step_order; step_order.lab.show()``."""
