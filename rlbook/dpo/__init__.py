"""Chapter 12: from rewards to preferences, RLHF and DPO.

preferences    Bradley-Terry, reward models          wins            tables of who won how often
kl_objective   reward against KL, best of N          losses          the loss of DPO and its slope
tabular        DPO of tables, with exact optima      sequences       DPO of answers, step by step
rlhf           policy gradient with a leash          language_model  words, windows of words
film_reviews   a grammar that stands in for people
"""
