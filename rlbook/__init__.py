"""rlbook: the verified companion to S. Zhao, Mathematical Foundations of Reinforcement Learning.

Throughout this library

    s, a, r, s_next    a state, an action, a reward, the next state
    v[s], q[s, a]      values of states and of actions
    pi[s, a]           a policy: each row sums to one
    phi, w, theta      features; parameters of values; parameters of policies
    d[s]               a distribution over states
    P[s, a, s']        transition probabilities        R[s, a]    mean rewards
    gamma              the discount: it belongs to the learner, not to the world
    x, y, beta         a context, an answer to it; the weight of the KL to a reference policy
    S, A, K            how many states, actions, outcomes of a pair
    rng                a numpy Generator: what takes one is random, and nothing else is

States are numbered from 0, row by row; the book's s1 is our 0. Actions of the grid world are 0 up,
1 right, 2 down, 3 left, 4 stay: the book's a1 to a5. An outcome is `terminated` if the future is
worth zero after it. Numbers such as (2.7) are the book's equations.

A first look, chapters 3 and 4 in four lines:

    from rlbook import GridWorld, optimal
    world = GridWorld()
    best = optimal(world.model, gamma=0.9)
    print(world.arrows(best.pi), best.v.reshape(world.shape).round(1))

Read on in model.py (what a world is), dynamic_programming.py (how it is solved) and
chapters/ch04_dynamic_programming.py (the book's figures from it); for learning in agent.py and
temporal_difference.py; where no table fits, in parametric.py and actor_critic.py; after the book,
in ddpg.py and dpo.py.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rlbook.actor_critic import A2C as A2C
    from rlbook.actor_critic import QAC as QAC
    from rlbook.actor_critic import DeterministicActorCritic as DeterministicActorCritic
    from rlbook.actor_critic import OffPolicyActorCritic as OffPolicyActorCritic
    from rlbook.agent import Agent as Agent
    from rlbook.agent import Follow as Follow
    from rlbook.agent import Record as Record
    from rlbook.agent import Step as Step
    from rlbook.agent import episodes as episodes
    from rlbook.agent import interact as interact
    from rlbook.agent import learn as learn
    from rlbook.agent import score as score
    from rlbook.agent import train as train
    from rlbook.bellman import action_value as action_value
    from rlbook.bellman import bellman_operator as bellman_operator
    from rlbook.bellman import bellman_residual as bellman_residual
    from rlbook.bellman import optimality_operator as optimality_operator
    from rlbook.bellman import policy_value as policy_value
    from rlbook.bellman import stationary_distribution as stationary_distribution
    from rlbook.ddpg import DDPG as DDPG
    from rlbook.dpo import DPO as DPO
    from rlbook.dpo_losses import dpo_gradient as dpo_gradient
    from rlbook.dpo_losses import dpo_loss as dpo_loss
    from rlbook.dqn import DQN as DQN
    from rlbook.dqn import anneal as anneal
    from rlbook.dynamic_programming import Iterate as Iterate
    from rlbook.dynamic_programming import epsilon_soft_optimal as epsilon_soft_optimal
    from rlbook.dynamic_programming import evaluate as evaluate
    from rlbook.dynamic_programming import policy_iteration as policy_iteration
    from rlbook.dynamic_programming import solve as solve
    from rlbook.dynamic_programming import truncated_policy_iteration as truncated_policy_iteration
    from rlbook.dynamic_programming import until_close as until_close
    from rlbook.dynamic_programming import value_iteration as value_iteration
    from rlbook.environment import TabularEnv as TabularEnv
    from rlbook.evaluation import Evaluation as Evaluation
    from rlbook.features import fourier as fourier
    from rlbook.features import grid_features as grid_features
    from rlbook.features import one_hot as one_hot
    from rlbook.features import polynomial as polynomial
    from rlbook.features import tile_coding as tile_coding
    from rlbook.function_approximation import LinearQLearning as LinearQLearning
    from rlbook.function_approximation import LinearSarsa as LinearSarsa
    from rlbook.function_approximation import LinearTD as LinearTD
    from rlbook.gradient_estimators import gumbel_softmax as gumbel_softmax
    from rlbook.gradient_estimators import optimal_baseline as optimal_baseline
    from rlbook.gradient_estimators import score_variance as score_variance
    from rlbook.grid_model import GridModel as GridModel
    from rlbook.grid_world import BOOK_LAYOUT as BOOK_LAYOUT
    from rlbook.grid_world import GridWorld as GridWorld
    from rlbook.kl_objective import best_of_n as best_of_n
    from rlbook.kl_objective import kl_divergence as kl_divergence
    from rlbook.kl_objective import optimal_policy as optimal_policy
    from rlbook.kl_objective import reward_kl_frontier as reward_kl_frontier
    from rlbook.language_model import Imitation as Imitation
    from rlbook.language_model import LanguageModel as LanguageModel
    from rlbook.language_model import WordWindow as WordWindow
    from rlbook.least_squares import LSTD as LSTD
    from rlbook.least_squares import RecursiveLSTD as RecursiveLSTD
    from rlbook.linear_quadratic import LinearQuadratic as LinearQuadratic
    from rlbook.many_seeds import train_many as train_many
    from rlbook.model import MDP as MDP
    from rlbook.monte_carlo import MonteCarlo as MonteCarlo
    from rlbook.monte_carlo import mc_basic as mc_basic
    from rlbook.monte_carlo import returns as returns
    from rlbook.networks import MLP as MLP
    from rlbook.networks import SGD as SGD
    from rlbook.networks import Adam as Adam
    from rlbook.noise import GaussianNoise as GaussianNoise
    from rlbook.noise import OrnsteinUhlenbeckNoise as OrnsteinUhlenbeckNoise
    from rlbook.official import OfficialGridWorld as OfficialGridWorld
    from rlbook.parametric import Linear as Linear
    from rlbook.parametric import Parametric as Parametric
    from rlbook.parametric import Quadratic as Quadratic
    from rlbook.parametric import Table as Table
    from rlbook.planning import Solution as Solution
    from rlbook.planning import optimal as optimal
    from rlbook.plot import animate as animate
    from rlbook.plot import draw_curves as draw_curves
    from rlbook.plot import draw_grid as draw_grid
    from rlbook.plot import draw_surface as draw_surface
    from rlbook.policy import epsilon_greedy as epsilon_greedy
    from rlbook.policy import greedy as greedy
    from rlbook.policy import sample as sample
    from rlbook.policy import softmax as softmax
    from rlbook.policy import uniform as uniform
    from rlbook.policy_gradient import Reinforce as Reinforce
    from rlbook.policy_gradient import advantages as advantages
    from rlbook.policy_gradient import average_reward as average_reward
    from rlbook.policy_gradient import average_value as average_value
    from rlbook.policy_gradient import discounted_visits as discounted_visits
    from rlbook.policy_gradient import gradient_of_metric as gradient_of_metric
    from rlbook.policy_gradient import gradient_of_reward as gradient_of_reward
    from rlbook.policy_gradient import gradient_of_value as gradient_of_value
    from rlbook.policy_gradient import poisson_value as poisson_value
    from rlbook.preferences import Answer as Answer
    from rlbook.preferences import Preference as Preference
    from rlbook.preferences import RewardModel as RewardModel
    from rlbook.preferences import bradley_terry as bradley_terry
    from rlbook.preferences import prefer as prefer
    from rlbook.projection import best_fit as best_fit
    from rlbook.projection import error_bound as error_bound
    from rlbook.projection import power_iteration as power_iteration
    from rlbook.projection import stationary_eigenvector as stationary_eigenvector
    from rlbook.projection import td_fixed_point as td_fixed_point
    from rlbook.projection import td_matrices as td_matrices
    from rlbook.replay import Replay as Replay
    from rlbook.rlhf import RLHF as RLHF
    from rlbook.rlhf import Rollouts as Rollouts
    from rlbook.stochastic_approximation import constant as constant
    from rlbook.stochastic_approximation import dvoretzky as dvoretzky
    from rlbook.stochastic_approximation import dvoretzky_conditions as dvoretzky_conditions
    from rlbook.stochastic_approximation import harmonic as harmonic
    from rlbook.stochastic_approximation import minibatches as minibatches
    from rlbook.stochastic_approximation import power as power
    from rlbook.stochastic_approximation import robbins_monro as robbins_monro
    from rlbook.stochastic_approximation import running_mean as running_mean
    from rlbook.stochastic_approximation import sgd as sgd
    from rlbook.stochastic_policy import Gaussian as Gaussian
    from rlbook.stochastic_policy import Softmax as Softmax
    from rlbook.sweep import sweep as sweep
    from rlbook.tabular_dpo import TabularDPO as TabularDPO
    from rlbook.temporal_difference import TD as TD
    from rlbook.temporal_difference import TD0 as TD0
    from rlbook.temporal_difference import ExpectedSarsa as ExpectedSarsa
    from rlbook.temporal_difference import NStepSarsa as NStepSarsa
    from rlbook.temporal_difference import QLearning as QLearning
    from rlbook.temporal_difference import Sarsa as Sarsa
    from rlbook.wins import count_wins as count_wins
    from rlbook.wins import expected_wins as expected_wins
    from rlbook.wins import fit_rewards as fit_rewards
    from rlbook.wins import sample_wins as sample_wins

__version__ = "0.1.0"

# Where each public name lives. It is loaded when it is first used: `import rlbook` costs no more
# than Python itself, and gymnasium and matplotlib are paid for by those who need them.
_HOME = {
    "model": "MDP",
    "policy": "uniform greedy epsilon_greedy softmax sample",
    "environment": "TabularEnv",
    "grid_model": "GridModel",
    "grid_world": "GridWorld BOOK_LAYOUT",
    "official": "OfficialGridWorld",
    "agent": "Step Agent Follow Record interact learn episodes train score",
    "many_seeds": "train_many",
    "sweep": "sweep",
    "bellman": "policy_value action_value bellman_operator optimality_operator bellman_residual "
    "stationary_distribution",
    "planning": "Solution optimal",
    "dynamic_programming": "Iterate evaluate value_iteration policy_iteration "
    "truncated_policy_iteration until_close solve epsilon_soft_optimal",
    "monte_carlo": "returns mc_basic MonteCarlo",
    "stochastic_approximation": "running_mean robbins_monro sgd minibatches harmonic power "
    "constant dvoretzky dvoretzky_conditions",
    "temporal_difference": "TD0 TD Sarsa ExpectedSarsa NStepSarsa QLearning",
    "features": "polynomial fourier one_hot tile_coding grid_features",
    "projection": "td_matrices td_fixed_point best_fit error_bound power_iteration "
    "stationary_eigenvector",
    "least_squares": "LSTD RecursiveLSTD",
    "function_approximation": "LinearTD LinearSarsa LinearQLearning",
    "parametric": "Parametric Table Linear Quadratic",
    "networks": "MLP SGD Adam",
    "replay": "Replay",
    "evaluation": "Evaluation",
    "dqn": "DQN anneal",
    "stochastic_policy": "Softmax Gaussian",
    "policy_gradient": "average_value average_reward poisson_value discounted_visits "
    "gradient_of_metric gradient_of_value gradient_of_reward advantages Reinforce",
    "actor_critic": "QAC A2C OffPolicyActorCritic DeterministicActorCritic",
    "gradient_estimators": "optimal_baseline score_variance gumbel_softmax",
    "linear_quadratic": "LinearQuadratic",
    "noise": "GaussianNoise OrnsteinUhlenbeckNoise",
    "ddpg": "DDPG",
    "preferences": "Answer Preference RewardModel bradley_terry prefer",
    "wins": "count_wins expected_wins fit_rewards sample_wins",
    "kl_objective": "best_of_n kl_divergence optimal_policy reward_kl_frontier",
    "rlhf": "RLHF Rollouts",
    "dpo_losses": "dpo_gradient dpo_loss",
    "tabular_dpo": "TabularDPO",
    "dpo": "DPO",
    "language_model": "LanguageModel WordWindow Imitation",
    "plot": "draw_grid draw_curves draw_surface animate",
}
_MODULE = {name: module for module, names in _HOME.items() for name in names.split()}

__all__ = sorted(_MODULE)


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module 'rlbook' has no attribute {name!r}")
    value = getattr(import_module(f"rlbook.{_MODULE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
