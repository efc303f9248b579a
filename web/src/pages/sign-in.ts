/** `/sign-in`: the way in; and for who is in already, what there is to do. */
import { mine, showAccount } from "../account.ts";
import { home, wanted } from "../destination.ts";
import { h } from "../dom.ts";
import { gettext } from "../language.ts";
import { begin, heading, show } from "../page.ts";
import { signIn } from "../sign-in.ts";

await begin(open);

/** `next` is obeyed at once; people are sent home only where they have just signed in. */
async function open(): Promise<void> {
  const me = await mine();
  const next = wanted();
  if (!me) showForm();
  else if (next) location.replace(next);
  else showAccount(me, open);
}

function showForm(): void {
  const link = (path: string, text: string) => h("p", {}, h("a", { href: path }, text));
  show(() => [
    heading(gettext("Sign in")),
    ...signIn({ done: goOn }),
    link("/reset-password", gettext("Forgotten your password?")),
  ]);
}

async function goOn(): Promise<void> {
  const on = wanted() ?? home();
  if (on) location.replace(on);
  else await open();
}
