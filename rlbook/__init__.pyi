"""The public names of rlbook, each with the file where it lives. `rlbook.X` loads that file."""

from rlbook.actor_critic import (
    A2C as A2C,
)
from rlbook.actor_critic import (
    QAC as QAC,
)
from rlbook.actor_critic import (
    DeterministicActorCritic as DeterministicActorCritic,
)
from rlbook.actor_critic import (
    OffPolicyActorCritic as OffPolicyActorCritic,
)
from rlbook.agent import (
    Agent as Agent,
)
from rlbook.agent import (
    Follow as Follow,
)
from rlbook.agent import (
    Record as Record,
)
from rlbook.agent import (
    Step as Step,
)
from rlbook.agent import (
    episodes as episodes,
)
from rlbook.agent import (
    interact as interact,
)
from rlbook.agent import (
    learn as learn,
)
from rlbook.bellman import (
    action_value as action_value,
)
from rlbook.bellman import (
    bellman_operator as bellman_operator,
)
from rlbook.bellman import (
    bellman_residual as bellman_residual,
)
from rlbook.bellman import (
    optimality_operator as optimality_operator,
)
from rlbook.bellman import (
    policy_value as policy_value,
)
from rlbook.bellman import (
    stationary_distribution as stationary_distribution,
)
from rlbook.ddpg import (
    DDPG as DDPG,
)
from rlbook.ddpg import (
    TD3 as TD3,
)
from rlbook.ddpg import (
    DDPGSettings as DDPGSettings,
)
from rlbook.dpo.kl_objective import (
    best_of_n as best_of_n,
)
from rlbook.dpo.kl_objective import (
    kl_divergence as kl_divergence,
)
from rlbook.dpo.kl_objective import (
    optimal_policy as optimal_policy,
)
from rlbook.dpo.kl_objective import (
    reward_kl_frontier as reward_kl_frontier,
)
from rlbook.dpo.language_model import (
    Imitation as Imitation,
)
from rlbook.dpo.language_model import (
    LanguageModel as LanguageModel,
)
from rlbook.dpo.losses import (
    dpo_gradient as dpo_gradient,
)
from rlbook.dpo.losses import (
    dpo_loss as dpo_loss,
)
from rlbook.dpo.preferences import (
    Answer as Answer,
)
from rlbook.dpo.preferences import (
    Preference as Preference,
)
from rlbook.dpo.preferences import (
    bradley_terry as bradley_terry,
)
from rlbook.dpo.preferences import (
    prefer as prefer,
)
from rlbook.dpo.reward_model import (
    RewardModel as RewardModel,
)
from rlbook.dpo.rlhf import (
    RLHF as RLHF,
)
from rlbook.dpo.rlhf import (
    Rollouts as Rollouts,
)
from rlbook.dpo.sequences import (
    DPO as DPO,
)
from rlbook.dpo.tabular import (
    TabularDPO as TabularDPO,
)
from rlbook.dpo.wins import (
    count_wins as count_wins,
)
from rlbook.dpo.wins import (
    expected_wins as expected_wins,
)
from rlbook.dpo.wins import (
    fit_rewards as fit_rewards,
)
from rlbook.dpo.wins import (
    sample_wins as sample_wins,
)
from rlbook.dpo.word_window import (
    WordWindow as WordWindow,
)
from rlbook.dqn import (
    DQN as DQN,
)
from rlbook.dqn import (
    DoubleDQN as DoubleDQN,
)
from rlbook.dqn import (
    DQNSettings as DQNSettings,
)
from rlbook.dqn import (
    anneal as anneal,
)
from rlbook.dynamic_programming import (
    Iterate as Iterate,
)
from rlbook.dynamic_programming import (
    epsilon_soft_optimal as epsilon_soft_optimal,
)
from rlbook.dynamic_programming import (
    evaluate as evaluate,
)
from rlbook.dynamic_programming import (
    policy_iteration as policy_iteration,
)
from rlbook.dynamic_programming import (
    solve as solve,
)
from rlbook.dynamic_programming import (
    truncated_policy_iteration as truncated_policy_iteration,
)
from rlbook.dynamic_programming import (
    until_close as until_close,
)
from rlbook.dynamic_programming import (
    value_iteration as value_iteration,
)
from rlbook.environment import (
    TabularEnv as TabularEnv,
)
from rlbook.function_approximation.least_squares import (
    LSTD as LSTD,
)
from rlbook.function_approximation.least_squares import (
    RecursiveLSTD as RecursiveLSTD,
)
from rlbook.function_approximation.linear_methods import (
    LinearQLearning as LinearQLearning,
)
from rlbook.function_approximation.linear_methods import (
    LinearSarsa as LinearSarsa,
)
from rlbook.function_approximation.linear_methods import (
    LinearTD as LinearTD,
)
from rlbook.function_approximation.projection import (
    best_fit as best_fit,
)
from rlbook.function_approximation.projection import (
    error_bound as error_bound,
)
from rlbook.function_approximation.projection import (
    power_iteration as power_iteration,
)
from rlbook.function_approximation.projection import (
    stationary_eigenvector as stationary_eigenvector,
)
from rlbook.function_approximation.projection import (
    td_fixed_point as td_fixed_point,
)
from rlbook.function_approximation.projection import (
    td_matrices as td_matrices,
)
from rlbook.function_approximation.replay import (
    Replay as Replay,
)
from rlbook.functions.exploration_noise import (
    GaussianNoise as GaussianNoise,
)
from rlbook.functions.exploration_noise import (
    OrnsteinUhlenbeckNoise as OrnsteinUhlenbeckNoise,
)
from rlbook.functions.features import (
    fourier as fourier,
)
from rlbook.functions.features import (
    grid_features as grid_features,
)
from rlbook.functions.features import (
    one_hot as one_hot,
)
from rlbook.functions.features import (
    polynomial as polynomial,
)
from rlbook.functions.features import (
    tile_coding as tile_coding,
)
from rlbook.functions.gradient_estimators import (
    gumbel_softmax as gumbel_softmax,
)
from rlbook.functions.gradient_estimators import (
    optimal_baseline as optimal_baseline,
)
from rlbook.functions.gradient_estimators import (
    score_variance as score_variance,
)
from rlbook.functions.gradient_estimators import (
    straight_through as straight_through,
)
from rlbook.functions.networks import (
    MLP as MLP,
)
from rlbook.functions.optimisers import (
    SGD as SGD,
)
from rlbook.functions.optimisers import (
    Adam as Adam,
)
from rlbook.functions.parametric import (
    Linear as Linear,
)
from rlbook.functions.parametric import (
    Parametric as Parametric,
)
from rlbook.functions.parametric import (
    Quadratic as Quadratic,
)
from rlbook.functions.parametric import (
    Table as Table,
)
from rlbook.functions.stochastic_policy import (
    Gaussian as Gaussian,
)
from rlbook.functions.stochastic_policy import (
    Softmax as Softmax,
)
from rlbook.grid_world.official import (
    OfficialGridWorld as OfficialGridWorld,
)
from rlbook.grid_world.rules import (
    GridModel as GridModel,
)
from rlbook.grid_world.world import (
    BOOK_LAYOUT as BOOK_LAYOUT,
)
from rlbook.grid_world.world import (
    GridWorld as GridWorld,
)
from rlbook.homework.notebook import (
    check as check,
)
from rlbook.linear_quadratic.world import (
    LinearQuadratic as LinearQuadratic,
)
from rlbook.model import (
    MDP as MDP,
)
from rlbook.monte_carlo import (
    MonteCarlo as MonteCarlo,
)
from rlbook.monte_carlo import (
    mc_basic as mc_basic,
)
from rlbook.monte_carlo import (
    returns as returns,
)
from rlbook.planning.answer import (
    optimal as optimal,
)
from rlbook.planning.solution import (
    Solution as Solution,
)
from rlbook.plot.animation import (
    animate as animate,
)
from rlbook.plot.curves import (
    draw_curves as draw_curves,
)
from rlbook.plot.grid import (
    draw_grid as draw_grid,
)
from rlbook.plot.grid import (
    draw_surface as draw_surface,
)
from rlbook.plot.loop import (
    draw_loop as draw_loop,
)
from rlbook.policy import (
    epsilon_greedy as epsilon_greedy,
)
from rlbook.policy import (
    greedy as greedy,
)
from rlbook.policy import (
    sample as sample,
)
from rlbook.policy import (
    softmax as softmax,
)
from rlbook.policy import (
    uniform as uniform,
)
from rlbook.policy_gradient import (
    Reinforce as Reinforce,
)
from rlbook.policy_gradient import (
    advantages as advantages,
)
from rlbook.policy_gradient import (
    average_reward as average_reward,
)
from rlbook.policy_gradient import (
    average_value as average_value,
)
from rlbook.policy_gradient import (
    discounted_visits as discounted_visits,
)
from rlbook.policy_gradient import (
    gradient_of_metric as gradient_of_metric,
)
from rlbook.policy_gradient import (
    gradient_of_reward as gradient_of_reward,
)
from rlbook.policy_gradient import (
    gradient_of_value as gradient_of_value,
)
from rlbook.policy_gradient import (
    poisson_value as poisson_value,
)
from rlbook.stochastic_approximation import (
    constant as constant,
)
from rlbook.stochastic_approximation import (
    dvoretzky as dvoretzky,
)
from rlbook.stochastic_approximation import (
    dvoretzky_conditions as dvoretzky_conditions,
)
from rlbook.stochastic_approximation import (
    harmonic as harmonic,
)
from rlbook.stochastic_approximation import (
    minibatches as minibatches,
)
from rlbook.stochastic_approximation import (
    power as power,
)
from rlbook.stochastic_approximation import (
    robbins_monro as robbins_monro,
)
from rlbook.stochastic_approximation import (
    running_mean as running_mean,
)
from rlbook.stochastic_approximation import (
    sgd as sgd,
)
from rlbook.sweeps.run import (
    sweep as sweep,
)
from rlbook.temporal_difference import (
    TD as TD,
)
from rlbook.temporal_difference import (
    TD0 as TD0,
)
from rlbook.temporal_difference import (
    ExpectedSarsa as ExpectedSarsa,
)
from rlbook.temporal_difference import (
    NStepSarsa as NStepSarsa,
)
from rlbook.temporal_difference import (
    QLearning as QLearning,
)
from rlbook.temporal_difference import (
    Sarsa as Sarsa,
)
from rlbook.training.evaluation import (
    Evaluation as Evaluation,
)
from rlbook.training.loop import (
    score as score,
)
from rlbook.training.loop import (
    train as train,
)
from rlbook.training.many_seeds import (
    train_many as train_many,
)
from rlbook.training.pictures import (
    show as show,
)

__version__: str
