"""Functions with parameters, and their slopes: chapters 8 to 12 learn them.

features              phi(s)                    stochastic_policy      pi(a | s, theta)
parametric            Table, Linear, Quadratic  deterministic_policy   mu(s, theta)
networks              MLP                       gradient_estimators    samples of a gradient
optimisers            SGD, Adam                 exploration_noise      what is added to an action
action_values         q(s, a) by a network      action_scale           units of the world, [-1, 1]
compiled_passes       networks and Adam, fast
"""
