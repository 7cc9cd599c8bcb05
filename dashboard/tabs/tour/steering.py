"""The other five of its twelve stops: how words steer, and video. Every word of them stands here."""

from __future__ import annotations

from dashboard.tabs.tour.stop import Choices, Scale, Source, Stop, Try

STEERING = (
    Stop(
        id="clip",
        title="CLIP: words and pictures in one space",
        text=(
            "CLIP is a pair of networks. One turns a picture into a vector, its embedding; the other does so with a "
            "text. Both embeddings live in one space, so that a picture and a text can be compared.",
            "CLIP learns from pictures with their captions. Its objective is contrastive: in each batch the cosine of "
            "a picture with its own caption must be high, and with every other caption low.",
        ),
        question="Eight pictures and eight captions, shuffled. To how many pictures does CLIP give the right caption? "
        "Chance is 1.",
        answers=Scale(8, near=1),
        measure="clip.pairs",
        made="Measured just now with the CLIP of “{model}”. The seed {seed} chose the pictures from its gallery.",
        told=(
            "{right} of 8. A picture and its own caption have a cosine of {own:.2f} on average, all other pairs "
            "{other:.2f}.",
            "The contrastive loss of this batch is {loss:.3f}; guessing would have {chance:.2f}. CLIP draws nothing "
            "and has no list of labels. It only learns what belongs together.",
        ),
        take="{own:.2f} against {other:.2f}: a picture is closest to its own caption.",
        attempt=Try(
            "In CLIP, compare any texts with any pictures: write your own captions into the list.",
            {"tab": "clip", "clip": "similarity"},
            "#matrix",
        ),
        source=Source(
            "<var>L</var> = ½ (cross entropy over texts + over pictures) of softmax(<var>s</var> cos(picture, text))",
            ("2103.00020", "Radford et al. 2021, figure 3"),
            "core/meaning.py",
            "return float(-(np.log(rows).mean() + np.log(columns).mean()) / 2)",
        ),
    ),
    Stop(
        id="unclip",
        title="unCLIP: from a vector to pictures",
        text=(
            "CLIP goes from a picture to a vector, here 256 numbers. unCLIP, the recipe of DALL·E 2, goes back: a "
            "diffusion model draws pictures from the vector alone. A caption's own vector would not do, since in "
            "CLIP's space texts lie apart from all pictures. So a second diffusion model, the prior, has learned from "
            "captions and their pictures to draw the vector of a picture that fits.",
            "Below, the vector is that of your picture. Three new ones are drawn from it, each from new noise.",
        ),
        question="What do the new pictures share with the original?",
        answers=Choices(("Nearly every pixel", "What they show, but not the pixels", "Nothing")),
        measure="clip.unclip",
        told=(
            "In meaning: their embeddings have a cosine of {cosine:.2f} to the original's. Two unrelated pictures have "
            "{unrelated_cosine:.2f}.",
            "In pixels: they differ from it by {pixels:.2f} (root mean square, 0 to 1). Two unrelated pictures differ "
            "by {unrelated_pixels:.2f}.",
        ),
        take="{numbers} numbers hold what a picture shows; noise makes up the rest.",
        attempt=Try(
            "In unCLIP, turn the picture's vector towards another prompt, or draw from a picture of your own.",
            {"tab": "unclip"},
            "#unclip-variations-pictures",
        ),
        source=Source(
            "<var>p</var>(<var>x</var> | <var>y</var>) = <var>p</var>(<var>x</var> | <var>z</var>) "
            "<var>p</var>(<var>z</var> | <var>y</var>), <var>z</var> the embedding, <var>y</var> the caption",
            ("2204.06125", "Ramesh et al. 2022, section 2"),
            "core/networks/prior.py",
            'y = (self.into(x) + cond["caption"])[:, None]',
        ),
    ),
    Stop(
        id="guidance",
        title="Classifier-free guidance",
        text=(
            "CLIP's text encoder turns the prompt into vectors, one a word, which every block of the network reads. "
            "In training the prompt was left out now and then, so that one network can do without it too. (Earlier "
            "methods steered by a second network, a classifier, which says what a noisy picture shows: hence the "
            "name.)",
            "A prompt alone pulls weakly. So at each step the noise is predicted twice, without the prompt and with "
            "it, and guidance multiplies the difference by a scale g, so that the picture fits the prompt better: "
            "prediction = without + g × (with − without). At 0 the prompt is ignored, at 1 nothing is amplified.",
        ),
        question="How long is the difference of the two predictions, compared with the predictions themselves?",
        answers=Scale(100, near=10, unit=" %"),
        measure="images.guidance",
        told=(
            "The difference is {share:.0%} as long as the prediction, on average over the steps. Guidance {scale:g} "
            "makes "
            "it {scale:g} times as long.",
            "The cost: {guided} predictions of the network for {steps} steps, where a run without guidance needs "
            "{plain}. Guidance doubles the work.",
        ),
        take="{guided} predictions instead of {plain}: guidance costs twice the work.",
        attempt=Try(
            "In Guidance, drag the rail: both predictions are arrows, and you see the small difference that is "
            "stretched.",
            {"tab": "guidance"},
            "#arrows",
        ),
        source=Source(
            "ε̃ = ε(<var>x<sub>t</sub></var>, ∅) + <var>g</var> (ε(<var>x<sub>t</sub></var>, <var>c</var>) − "
            "ε(<var>x<sub>t</sub></var>, ∅))",
            ("2207.12598", "Ho & Salimans 2022"),
            "core/guidance.py",
            "return torch.lerp(without, with_cond, weight)",
        ),
    ),
    Stop(
        id="negative",
        title="Negative prompts",
        text=(
            "Guidance leads away from the prediction without a prompt. Put a negative prompt in the place of the empty "
            "one, and guidance leads away from that instead.",
            "Below we ask for “an apple”. The negative prompt is “a red apple”.",
        ),
        question="How does the likeness of the pictures to “a red apple” change?",
        answers=Choices(("It rises: the words are in the prompt now", "It hardly changes", "It falls")),
        measure="images.negative",
        own=False,
        made="Measured just now with the model “{model}”, on seeds 1 to 4, without the negative prompt and with it.",
        told=(
            "CLIP's cosine to “a red apple” goes from {before:.2f} to {after:.2f}, the mean of {count} seeds.",
            "It costs nothing more: {cost} predictions a run with it and without, since it replaces the empty prompt. "
            "And it is no filter: it steers every step, and a picture that is finished is never thrown away.",
        ),
        take="{change:+.2f} in the cosine to “a red apple”, at no extra cost.",
        attempt=Try(
            "In Guidance, compare a run without and with the negative prompt, and look at the arrow that leads away.",
            {"tab": "guidance", "prompt": "an apple", "away": "a red apple", "guidance": "3"},
            "#negative-pair",
        ),
        source=Source(
            "ε̃ = ε(<var>x<sub>t</sub></var>, negative) + <var>g</var> (ε(<var>x<sub>t</sub></var>, <var>c</var>) − "
            "ε(<var>x<sub>t</sub></var>, negative))",
            ("2207.12598", "Ho & Salimans 2022"),
            "core/engine.py",
            "asked = [*map(Asked.towards, requests), *map(Asked.away, requests)]",
        ),
    ),
    Stop(
        id="video",
        title="From text to video",
        text=(
            "A video model is a diffusion model too. What it denoises has one more axis, time: all frames come out of "
            "the noise together, each steered by the same prompt as a picture is, and attention lets each frame look "
            "at the others.",
            "The image model shows why frames must be drawn together. We draw four frames of your prompt twice: each "
            "from its own noise, and from noise that changes a little from frame to frame.",
        ),
        question="How much larger are the jumps between frames when each has its own noise?",
        answers=Choices(("About equal", "2 to 10 times as large", "More than 10 times as large")),
        measure="images.video",
        told=(
            "From frame to frame the pixels jump by {apart:.3f} with separate noise and by {turned:.4f} with noise "
            "that changes a little: {times:.0f} times as much.",
            "Related noise alone gives calm frames, but no motion that makes sense. For that, a network must see all "
            "frames at once and learn from videos how things move. The one in the tab Video does.",
        ),
        take="{times:.0f} times: frames from separate noises flicker.",
        attempt=Try(
            "In Video, press “Make a video”: all frames come out of the noise together. Look at the rows of “Frames "
            "by steps”, and at which frames look at which.",
            {"tab": "video", "prompt": "a rocket flying up"},
            "#video-run",
        ),
        source=Source(
            "<var>x<sub>t</sub></var> ∈ R<sup>C×F×h×w</sup>: F frames, one latent, one prediction",
            ("2204.03458", "Ho et al. 2022"),
            "core/engine.py",
            "x[row] = mine * x[row] + its * other",
        ),
    ),
)
