"""A world of numbers whose best policy is known exactly: linear motion, quadratic costs.

world     LinearQuadratic, a Gymnasium environment     riccati   its equation, solved
learned   the gain of an actor, beside the best one
"""
