"""Tasks that name the mistake: ``from leakyedu.exercises import one_euler_step as ex``."""
