import * as z from "zod";

const usdPerMillion = z.number().nonnegative();

/** One price of a model, USD per million tokens. A later `date` of the same model replaces an earlier one from that day on. */
export const priceSchema = z.strictObject({
  model: z.string().min(1),
  /** Day on which the source said so, YYYY-MM-DD. */
  date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, "not a day like 2026-11-05"),
  input: usdPerMillion,
  /** Input that the provider had in its cache; absent: it costs as much as other input. */
  cachedInput: usdPerMillion.optional(),
  /** Reasoning tokens are output. */
  output: usdPerMillion,
  /** Where the number is from. */
  source: z.string().min(1),
});

/** A price file: the one that comes with cco, and `.cco/prices.yaml`, whose models win. */
export const priceFileSchema = z.strictObject({ prices: z.array(priceSchema) });

export type Price = z.infer<typeof priceSchema>;
