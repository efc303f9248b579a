/** Elements, made without markup, so that nothing a person typed can become any. */
type Attributes = Record<string, string | number | boolean | EventListener | undefined>;
export type Child = Node | string | false | null | undefined;

/** `h("button", { type: "button", onclick: act }, "Press")`; what is false or absent is left out. */
export function h<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false)
      element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...present(children));
  return element;
}

/** Those that are to be shown. */
export function present(children: Child[]): (Node | string)[] {
  return children.filter((child) => child != null && child !== false);
}

/** Terms, each with its description or several; one without any is left out. */
export function facts(...all: [term: string, ...descriptions: string[]][]): HTMLElement {
  const known = all.filter(([, ...descriptions]) => descriptions.length);
  const rows = known.map(([term, ...descriptions]) => [
    h("dt", {}, term),
    ...descriptions.map((each) => h("dd", {}, each)),
  ]);
  return h("dl", {}, ...rows.flat());
}
