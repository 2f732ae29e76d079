// The atlas as the server lists it, fetched once.
import { signal } from "@preact/signals";
import { api, mistakesOf, type Mistake } from "../api/client";
import type { Catalogue } from "../api/types";

export const catalogue = signal<Catalogue | null>(null);
export const catalogueMistakes = signal<Mistake[]>([]);

export async function loadCatalogue() {
  try {
    catalogue.value = await api.atlas();
    catalogueMistakes.value = [];
  } catch (error) {
    catalogueMistakes.value = mistakesOf(error);
  }
}
