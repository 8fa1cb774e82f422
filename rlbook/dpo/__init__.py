"""Chapter 12: from rewards to preferences, RLHF and DPO.

preferences       Bradley-Terry, answers as sequences     reward_model   a reward learned from them
wins              how often each answer wins              kl_objective   reward for KL, best of n
rlhf              policy gradient with a KL penalty       losses         those of DPO, their slopes
tabular           DPO of tables, with exact optima        sequences      DPO of sequences of choices
language_model    a policy whose actions are words        word_window    its network: the last words
film_reviews      a grammar that is the true language
"""
