//! What a check result means: rise, fall, agent answers, observation, as a state machine.
