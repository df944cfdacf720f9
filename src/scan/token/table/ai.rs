//! Models and what is built around them.

use super::super::row::Set::{Alnum, Hex, Low, Url, Word};
use super::super::row::{Row, row};
use super::{is, of, to};

pub(super) const ROWS: &[Row] = &[
    row("openai-key", "OpenAI project key", "sk-proj-", &[to(Url, 20, 74), is("T3BlbkFJ"), to(Url, 20, 74)]),
    row(
        "openai-key",
        "OpenAI service key",
        "sk-svcacct-",
        &[to(Url, 20, 74), is("T3BlbkFJ"), to(Url, 20, 74)],
    ),
    row("openai-key", "OpenAI admin key", "sk-admin-", &[to(Url, 20, 74), is("T3BlbkFJ"), to(Url, 20, 74)]),
    row("openai-key", "OpenAI key", "T3BlbkFJ", &[of(Alnum, 20)]).after("sk-", Alnum, 20),
    row("anthropic-key", "Anthropic key", "sk-ant-api03-", &[of(Url, 93), is("AA")]),
    row("anthropic-key", "Anthropic admin key", "sk-ant-admin01-", &[of(Url, 93), is("AA")]),
    row("anthropic-key", "Anthropic OAuth token", "sk-ant-oat01-", &[of(Url, 93), is("AA")]),
    row("anthropic-key", "Anthropic refresh token", "sk-ant-ort01-", &[of(Url, 93), is("AA")]),
    row("openrouter-key", "OpenRouter key", "sk-or-v1-", &[of(Hex, 64)]),
    row("minimax-key", "MiniMax key", "sk-api-", &[of(Url, 119)]),
    row("replicate-token", "Replicate token", "r8_", &[of(Alnum, 37)]),
    row("groq-key", "Groq key", "gsk_", &[of(Alnum, 52)]),
    row("perplexity-key", "Perplexity key", "pplx-", &[of(Alnum, 48)]),
    row("xai-key", "xAI key", "xai-", &[to(Alnum, 70, 120)]),
    row("nvidia-key", "NVIDIA key", "nvapi-", &[to(Url, 60, 70)]),
    row("cerebras-key", "Cerebras key", "csk-", &[of(Low, 48)]),
    row("together-key", "Together key", "tgp_v1_", &[of(Url, 43)]),
    row("fireworks-key", "Fireworks key", "fw_", &[to(Alnum, 22, 24)]),
    row("pinecone-key", "Pinecone key", "pcsk_", &[to(Alnum, 5, 6), is("_"), of(Alnum, 63)]),
    row("langsmith-key", "LangSmith key", "lsv2_pt_", &[of(Hex, 32), is("_"), of(Hex, 10)]),
    row("langsmith-key", "LangSmith service key", "lsv2_sk_", &[of(Hex, 32), is("_"), of(Hex, 10)]),
    row("elevenlabs-key", "ElevenLabs key", "sk_", &[of(Hex, 48)]),
    row("runpod-key", "RunPod key", "rpa_", &[to(Alnum, 42, 48)]),
    row("devin-token", "Devin service token", "cog_", &[of(Low, 52)]),
    row("tavily-key", "Tavily key", "tvly-", &[to(Url, 30, 52)]),
    row("firecrawl-key", "Firecrawl key", "fc-", &[of(Hex, 32)]).near("firecrawl"),
    row("langfuse-key", "Langfuse secret key", "sk-lf-", super::UUID),
    row("posthog-key", "PostHog personal key", "phx_", &[to(Word, 41, 49)]),
    row("brave-key", "Brave Search key", "BSA", &[to(Url, 24, 32)]).near("brave"),
    row("voyage-key", "Voyage key", "pa-", &[of(Url, 43)]).near("voyage"),
    row("cursor-key", "Cursor key", "key_", &[of(Hex, 64)]),
    row("deepseek-key", "DeepSeek key", "sk-", &[of(Hex, 32)]),
    row("openai-key", "key of an OpenAI-like service", "sk-", &[of(Alnum, 48)]),
];
