import type { Config } from "../model/config.ts";
import type { CcoEvent } from "../model/event.ts";

/** How a delivery ended. `again`: it may work later. `why` holds no secret and no address that may be one. */
export type Delivery = { readonly ok: true } | { readonly ok: false; readonly again: boolean; readonly why: string };

/** Somebody outside who is told of events. */
export interface Receiver {
  /** Names it for good, without a secret: what was delivered to it is remembered under this key. */
  readonly key: string;
  /** Words for people: `notify.command`, `notify.webhook`, `notify.desktop`. */
  readonly name: string;
  /** Hands one event over; bounded in time; never throws. The same event may come twice, with the same id. */
  deliver(event: CcoEvent, signal: AbortSignal): Promise<Delivery>;
}

/** Tells people and programs outside. */
export interface Notifier {
  /** Those that the settings name. */
  receivers(settings: Config["notify"]): readonly Receiver[];
}
