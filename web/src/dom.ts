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
  element.append(...children.filter((child) => child != null && child !== false));
  return element;
}
