/** A form whose values are sent by a script, and kept where the answer is an error. */
import type { ReactNode } from "react";

interface Props {
  onSend: (values: FormData) => void;
  children: ReactNode;
}

export function Form({ onSend, children }: Props) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSend(new FormData(event.currentTarget));
      }}
    >
      {children}
    </form>
  );
}
