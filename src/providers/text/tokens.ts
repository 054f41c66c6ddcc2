/**
 * Tokens of a text, estimated without a tokenizer: about four Latin letters, two letters of other alphabets, or one
 * ideograph each. Real tokenizers differ by a quarter either way, which is what the stated margin is for.
 */
export function estimateTextTokens(text: string): number {
  let quarters = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    quarters += unit < 0x250 ? 1 : unit < 0x2e80 ? 2 : 4;
  }
  return Math.ceil(quarters / 4);
}
