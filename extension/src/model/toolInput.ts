/** The editor does not check a tool's input against its schema reliably: every field is looked at here. */
export class ToolInputError extends Error {
  override readonly name = 'ToolInputError';
}

/** `{ forwards: ["shop/*"] }`. Absent is an error unless `fallback` is given. */
export function patternsOf(input: unknown, fallback?: readonly string[]): readonly string[] {
  const value: unknown = isObject(input) ? input.forwards : undefined;
  if (value === undefined && fallback) {
    return fallback;
  }
  if (!Array.isArray(value) || value.length === 0 || value.length > 100 || !value.every((pattern) => typeof pattern === 'string' && pattern !== '' && pattern.length <= 200)) {
    throw new ToolInputError('`forwards` must be a list of 1 to 100 aliases or patterns such as "shop/*".');
  }
  return value as string[];
}

/** `{ forward: "shop/api" }`. */
export function aliasOf(input: unknown): string {
  const value: unknown = isObject(input) ? input.forward : undefined;
  if (typeof value !== 'string' || value === '' || value.length > 200) {
    throw new ToolInputError('`forward` must be the alias of a port forward.');
  }
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
