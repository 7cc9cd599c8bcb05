"""Pipelines of every family with random weights, a MB or two each, saved as diffusers saves them."""

from __future__ import annotations

import inspect
import string
from pathlib import Path

import diffusers
import torch
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTextModelWithProjection,
    CLIPVisionConfig,
    CLIPVisionModelWithProjection,
    T5Config,
    T5EncoderModel,
    T5Tokenizer,
    UMT5Config,
    UMT5EncoderModel,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from core.training.clip import train_tokenizer

NOISE = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "clip_sample": False}
ATTENDING = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "UpBlock2D"),
    "block_out_channels": (32, 64),
    "layers_per_block": 1,
    "norm_num_groups": 8,
    "sample_size": 8,
}


def stable_diffusion(folder: Path, prediction: str = "epsilon", zero_snr: bool = False) -> Path:
    torch.manual_seed(0)
    spacing = {"timestep_spacing": "trailing"} if zero_snr else {"steps_offset": 1, "set_alpha_to_one": False}
    tokenizer = _clip_tokenizer()
    diffusers.StableDiffusionPipeline(
        unet=diffusers.UNet2DConditionModel(cross_attention_dim=32, attention_head_dim=2, **ATTENDING).eval(),
        vae=_autoencoder(4),
        text_encoder=_text(tokenizer, CLIPTextModel, 32),
        tokenizer=tokenizer,
        scheduler=diffusers.DDIMScheduler(
            prediction_type=prediction, rescale_betas_zero_snr=zero_snr, **NOISE, **spacing
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(folder)
    return folder


def stable_diffusion_xl(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer()
    unet = diffusers.UNet2DConditionModel(
        cross_attention_dim=64,
        attention_head_dim=(2, 4),
        addition_embed_type="text_time",
        addition_time_embed_dim=8,
        projection_class_embeddings_input_dim=80,
        transformer_layers_per_block=(1, 2),
        use_linear_projection=True,
        **ATTENDING,
    )
    diffusers.StableDiffusionXLPipeline(
        unet=unet.eval(),
        vae=_autoencoder(4),
        text_encoder=_text(tokenizer, CLIPTextModel, 32),
        text_encoder_2=_text(tokenizer, CLIPTextModelWithProjection, 32),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        scheduler=diffusers.DDIMScheduler(steps_offset=1, set_alpha_to_one=False, **NOISE),
    ).save_pretrained(folder)
    return folder


def stable_diffusion_3(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = _clip_tokenizer()
    transformer = diffusers.SD3Transformer2DModel(
        sample_size=8,
        patch_size=1,
        in_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=4,
        caption_projection_dim=32,
        joint_attention_dim=64,
        pooled_projection_dim=64,
        out_channels=4,
    )
    diffusers.StableDiffusion3Pipeline(
        transformer=transformer.eval(),
        vae=_autoencoder(4, shift_factor=0.0609, scaling_factor=1.5),
        text_encoder=_text(tokenizer, CLIPTextModelWithProjection, 32),
        text_encoder_2=_text(tokenizer, CLIPTextModelWithProjection, 32),
        text_encoder_3=None,
        tokenizer=tokenizer,
        tokenizer_2=tokenizer,
        tokenizer_3=None,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0),
    ).save_pretrained(folder)
    return folder


def flux(folder: Path, distilled: bool = True) -> Path:
    torch.manual_seed(0)
    tokenizer, t5 = _clip_tokenizer(), _t5_tokenizer()
    transformer = diffusers.FluxTransformer2DModel(
        patch_size=1,
        in_channels=16,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=32,
        pooled_projection_dim=32,
        axes_dims_rope=[4, 4, 8],
        guidance_embeds=distilled,
    )
    diffusers.FluxPipeline(
        transformer=transformer.eval(),
        vae=_autoencoder(4, shift_factor=0.0609, scaling_factor=1.5),
        text_encoder=_text(tokenizer, CLIPTextModel, 32),
        text_encoder_2=_t5(t5, 32),
        tokenizer=tokenizer,
        tokenizer_2=t5,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0, use_dynamic_shifting=distilled),
    ).save_pretrained(folder)
    return folder


def pixart(folder: Path, pipeline: str = "PixArtAlphaPipeline", side: int = 8) -> Path:
    torch.manual_seed(0)
    tokenizer = _t5_tokenizer()
    transformer = diffusers.PixArtTransformer2DModel(
        sample_size=side,
        num_layers=1,
        patch_size=2,
        attention_head_dim=8,
        num_attention_heads=3,
        caption_channels=32,
        cross_attention_dim=24,
        in_channels=4,
        out_channels=8,
    )
    getattr(diffusers, pipeline)(
        transformer=transformer.eval(),
        vae=_autoencoder(4),
        text_encoder=_t5(tokenizer, 32),
        tokenizer=tokenizer,
        scheduler=diffusers.DDIMScheduler(beta_schedule="linear", clip_sample=False, steps_offset=1),
    ).save_pretrained(folder)
    return folder


def wan(folder: Path) -> Path:
    torch.manual_seed(0)
    tokenizer = _t5_tokenizer()
    text = UMT5Config(
        vocab_size=len(tokenizer), d_model=32, d_kv=8, d_ff=37, num_layers=2, num_heads=4, is_encoder_decoder=False
    )
    transformer = diffusers.WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=2,
        attention_head_dim=12,
        in_channels=16,
        out_channels=16,
        text_dim=32,
        freq_dim=256,
        ffn_dim=32,
        num_layers=2,
        cross_attn_norm=True,
        qk_norm="rms_norm_across_heads",
        rope_max_seq_len=32,
    )
    vae = diffusers.AutoencoderKLWan(base_dim=3, z_dim=16, dim_mult=[1, 1, 1, 1], num_res_blocks=1)
    diffusers.WanPipeline(
        transformer=transformer.eval(),
        vae=vae.eval(),
        text_encoder=UMT5EncoderModel(text).eval(),
        tokenizer=tokenizer,
        scheduler=diffusers.FlowMatchEulerDiscreteScheduler(shift=5.0),
    ).save_pretrained(folder)
    return folder


def kandinsky(folder: Path, apart: bool = False, **scheduler) -> Path:
    """The combined folder; apart: that of the decoder, with its prior's beside it."""
    torch.manual_seed(0)
    own = {"steps_offset": 1, "set_alpha_to_one": False} | NOISE | {"beta_schedule": "linear"} | scheduler
    kind = diffusers.DDPMScheduler if scheduler else diffusers.DDIMScheduler
    own = {name: value for name, value in own.items() if name in inspect.signature(kind).parameters}
    decoder = {"unet": _embedding_unet(), "movq": _movq(), "scheduler": kind(**own)}
    prior = _prior()
    if not apart:
        named = {f"prior_{name}": part for name, part in prior.items()}
        diffusers.KandinskyV22CombinedPipeline(**decoder, **named).save_pretrained(folder)
        return folder
    diffusers.KandinskyV22PriorPipeline(**prior).save_pretrained(folder.with_name("kandinsky-prior"))
    diffusers.KandinskyV22Pipeline(**decoder).save_pretrained(folder)
    return folder


def _prior() -> dict:
    """The parts of an unCLIP's prior, whose embeddings have a mean and a spread of their own."""
    tokenizer = _clip_tokenizer()
    prior = diffusers.PriorTransformer(num_attention_heads=2, attention_head_dim=12, embedding_dim=32, num_layers=1)
    prior.clip_mean.data.normal_()
    prior.clip_std.data.uniform_(0.5, 1.5)
    vision = CLIPVisionConfig(
        hidden_size=32, projection_dim=32, intermediate_size=37, num_attention_heads=4, num_hidden_layers=2,
        image_size=32, patch_size=4,
    )  # fmt: skip
    return {
        "prior": prior.eval(),
        "image_encoder": CLIPVisionModelWithProjection(vision).eval(),
        "text_encoder": _text(tokenizer, CLIPTextModelWithProjection, 32),
        "tokenizer": tokenizer,
        "scheduler": diffusers.UnCLIPScheduler(
            variance_type="fixed_small_log", prediction_type="sample", clip_sample=True, clip_sample_range=2.0
        ),
        "image_processor": CLIPImageProcessorPil(size=32, crop_size=32),
    }


def _embedding_unet():
    return diffusers.UNet2DConditionModel(
        in_channels=4,
        out_channels=8,
        sample_size=8,
        addition_embed_type="image",
        encoder_hid_dim=32,
        encoder_hid_dim_type="image_proj",
        cross_attention_dim=32,
        attention_head_dim=4,
        down_block_types=("ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=("SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"),
        block_out_channels=(32, 64),
        layers_per_block=1,
        norm_num_groups=8,
        resnet_time_scale_shift="scale_shift",
    ).eval()


def _movq():
    return diffusers.VQModel(
        block_out_channels=(32, 64),
        down_block_types=("DownEncoderBlock2D", "AttnDownEncoderBlock2D"),
        up_block_types=("AttnUpDecoderBlock2D", "UpDecoderBlock2D"),
        latent_channels=4,
        norm_num_groups=8,
        norm_type="spatial",
        num_vq_embeddings=12,
        vq_embed_dim=4,
    ).eval()


def _clip_tokenizer():
    tokenizer = train_tokenizer(["a red apple, a fox in the snow, blurry"], 600)
    tokenizer.model_max_length = 77
    return tokenizer


def _t5_tokenizer():
    words = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", -9.0), ("▁", -2.0)]
    words += [(letter, -3.0) for letter in string.ascii_lowercase + ",.-"]
    return T5Tokenizer(vocab=words, extra_ids=0)


def _t5(tokenizer, width: int):
    config = T5Config(vocab_size=len(tokenizer), d_model=width, d_kv=8, d_ff=37, num_layers=2, num_heads=4)
    return T5EncoderModel(config).eval()


def _text(tokenizer, kind: type, width: int):
    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        intermediate_size=37,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=width,
        max_position_embeddings=77,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return kind(config).eval()


def _autoencoder(channels: int, **more):
    return diffusers.AutoencoderKL(
        block_out_channels=(16, 32),
        in_channels=3,
        out_channels=3,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=channels,
        norm_num_groups=8,
        **more,
    ).eval()
