"""The three review questions at the end. Every statement is answered, and what the reader measured stands beside."""

from __future__ import annotations

from dashboard.tabs.tour.stop import Review, Statement

REVIEW = (
    Review(
        id="review-clip",
        title="Review: CLIP",
        question="What does CLIP learn, and what is its training objective?",
        statements=(
            Statement(
                "It learns to draw a picture from its caption.", False,
                "CLIP draws nothing. In unCLIP a diffusion model, the decoder, draws from CLIP's vector.",
            ),
            Statement(
                "It learns one space in which a picture lies near its caption.", True,
                "Two networks, one for pictures and one for texts, make vectors that can be compared.",
            ),
            Statement(
                "It learns to name the objects of a fixed list.", False,
                "There is no list: any text can be compared with any picture. A list of labels is only made when CLIP "
                "is used as a classifier.",
            ),
            Statement(
                "In every batch it raises the cosine of true pairs and lowers that of all others.", True,
                "That is the contrastive objective: each picture must find its caption among all of the batch, and "
                "each caption its picture.",
            ),
        ),
        answer="CLIP learns a common space for pictures and texts. Its objective is contrastive: high cosine for a "
        "picture and its own caption, low cosine for every other pair of the batch.",
        stops=("clip", "unclip"),
    ),
    Review(
        id="review-guidance",
        title="Review: guidance",
        question="What does classifier-free guidance compute, what does it cost, and what does a negative prompt do?",
        statements=(
            Statement(
                "It goes from the prediction without the prompt towards the one with it, and beyond.", True,
                "Prediction = without + g × (with − without). For g above 1 it goes beyond.",
            ),
            Statement(
                "A negative prompt removes finished pictures that show the wrong thing.", False,
                "It is no filter. It changes the prediction at every step of the run.",
            ),
            Statement(
                "It needs two predictions at each step, so about twice the work.", True,
                "One with the prompt and one without. Both can go through the network in one batch.",
            ),
            Statement(
                "A negative prompt takes the place of the empty prompt, so that guidance leads away from it.", True,
                "It costs nothing more, since the second prediction is needed anyway.",
            ),
        ),
        answer="Guidance stretches the difference between the prediction with the prompt and the one without by a "
        "scale "
        "g, at the cost of a second prediction per step. A negative prompt replaces the empty prompt in it.",
        stops=("guidance", "negative"),
    ),
    Review(
        id="review-walk",
        title="Review: random walks",
        question="How are Brownian motion and the Fokker-Planck equation connected with DDPM and DDIM?",
        statements=(
            Statement(
                "DDIM is DDPM with the fresh noise left out.", False,
                "DDPM without its noise collapses to an average. DDIM also follows the score only half as strongly.",
            ),
            Statement(
                "Training adds noise as in Brownian motion; DDPM walks it back with the score and fresh noise.", True,
                "The reverse of a random walk is again a random walk, which the score pulls back to the data.",
            ),
            Statement(
                "The Fokker-Planck equation tells how the distribution of all points changes.", True,
                "It says nothing of single paths. That is why different paths can have the same distributions.",
            ),
            Statement(
                "DDIM follows a smooth path without noise that has the same distributions as DDPM's walk.", True,
                "It follows the score half as strongly. It needs fewer steps, and the first noise alone decides the "
                "picture.",
            ),
        ),
        answer="The forward process is a random walk like Brownian motion. DDPM reverses it as a random walk led by "
        "the "
        "score. The Fokker-Planck equation shows that a smooth path carries the same distributions: DDIM takes it.",
        stops=("walk", "fresh", "blur", "ddim"),
    ),
)  # fmt: skip
