/** A button that does one thing at once, and says beside it why it could not. */
import { Trouble } from "./api.ts";
import { h } from "./dom.ts";

/** What is wrong, for people; nothing where it is done. */
export type Act = () => Promise<string | undefined>;

export function action(label: string, act: Act, look: "main" | "quiet" = "quiet"): HTMLElement {
  const press = async () => {
    element.querySelector(".wrong")?.remove();
    button.disabled = true;
    const wrong = await act().catch(told);
    button.disabled = false;
    if (wrong) element.append(h("p", { class: "wrong", role: "alert" }, wrong));
  };
  const button = h("button", { type: "button", class: look, onclick: () => void press() }, label);
  const element = h("div", {}, button);
  return element;
}

function told(error: unknown): string {
  if (error instanceof Trouble) return error.message;
  throw error;
}
