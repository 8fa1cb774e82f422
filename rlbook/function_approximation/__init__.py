"""Chapter 8, linear: values are phi(s)^T w. And the memory that networks learn from.

linear_methods   TD-Linear, Sarsa and Q-learning with features    least_squares   LSTD
linear_agent     what they share                                  projection      where TD ends
replay           steps that were seen, drawn again
"""
