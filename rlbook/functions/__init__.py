"""Functions with parameters, and their slopes: chapters 8 to 12 learn them.

features            phi(s)                       parametric             Table, Linear, Quadratic
networks            MLP, SGD, Adam               stochastic_policy      pi(a | s, theta)
deterministic_policy  mu(s, theta)               gradient_estimators    samples of a gradient
action_values       q(s, a), the action an output of a network or an input
action_scale        the units of the world, and [-1, 1]
exploration_noise   what is added to an action
"""
