/**
 * The types of the services' own SDKs that stand for what goes over the wire, by the names under which `sdkSchemas.ts`
 * makes schemas of them.
 */
import type Anthropic from '@anthropic-ai/sdk';
import type { Content, File, GenerateContentResponse, GenerationConfig } from '@google/genai';
import type OpenAI from 'openai';

export type AnthropicBatchCreate = Anthropic.Messages.Batches.BatchCreateParams;
export type AnthropicCountTokens = Anthropic.Messages.MessageCountTokensParams;
export type AnthropicBatch = Anthropic.Messages.Batches.MessageBatch;
export type AnthropicResultLine = Anthropic.Messages.Batches.MessageBatchIndividualResponse;
export type AnthropicModel = Anthropic.Models.ModelInfo;
export type AnthropicError = Anthropic.ErrorResponse;

export type OpenAIBatchCreate = OpenAI.Batches.BatchCreateParams;
export type OpenAIRequest = OpenAI.Responses.ResponseCreateParamsNonStreaming;
export type OpenAICountTokens = OpenAI.Responses.InputTokenCountParams;
export type OpenAIBatch = OpenAI.Batches.Batch;
export type OpenAIFile = OpenAI.Files.FileObject;
export type OpenAIResponse = OpenAI.Responses.Response;
export type OpenAIModel = OpenAI.Models.Model;

export type GeminiContents = Content[];
export type GeminiConfig = GenerationConfig;
export type GeminiFile = File;
/** Without what the SDK's class works out, or adds, when it has the answer. */
export type GeminiResponse = Omit<
  GenerateContentResponse,
  | 'text'
  | 'data'
  | 'functionCalls'
  | 'executableCode'
  | 'codeExecutionResult'
  | 'sdkHttpResponse'
  | 'automaticFunctionCallingHistory'
>;
