import { useQuery } from "@tanstack/react-query";
import { type SubmitEvent, useRef, useState } from "react";
import { Navigate, useLocation, useSearchParams } from "react-router";
import { addresses } from "@/addresses";
import { api, held } from "@/api/client";
import { ApiProblem } from "@/api/problems";
import { meQuery } from "@/api/queries";
import type { DeviceQuestion } from "@/api/schema";
import { Button, Field, Problem, When } from "@/kit";
import { shownName } from "@/kit/names";
import { Asked } from "./Asked";
import { Acts, Gate, Hint } from "./Gate";
import styles from "./Gate.module.css";
import { refusal } from "./words";

type Stage = { at: "code" } | { at: "question"; code: string; question: DeviceQuestion } | { at: "done"; isAllowed: boolean };

/** Lets a program in that shows a code on another screen (RFC 8628, 3.3). */
export default function DeviceCode() {
  const [stage, setStage] = useState<Stage>({ at: "code" });
  const me = useQuery({ ...meQuery, retry: false });
  const { pathname, search } = useLocation();
  if (me.error instanceof ApiProblem && me.error.status === 401) return <Navigate to={addresses.signIn(pathname + search)} replace />;
  if (!me.data) return null;
  if (stage.at === "code") return <CodeForm onFound={(code, question) => setStage({ at: "question", code, question })} />;
  if (stage.at === "question") return <Question {...stage} email={me.data.email} onDone={(isAllowed) => setStage({ at: "done", isAllowed })} />;
  return (
    <Gate title={stage.isAllowed ? "Connected" : "Not let in"}>
      <p>{stage.isAllowed ? "Go back to the device. It goes on by itself." : "The device gets nothing. If you did not start this, there is nothing more to do."}</p>
    </Gate>
  );
}

function CodeForm({ onFound }: { onFound: (code: string, question: DeviceQuestion) => void }) {
  const [search] = useSearchParams();
  const [problem, setProblem] = useState<string>();
  const field = useRef<HTMLInputElement>(null);
  async function look(event: SubmitEvent) {
    event.preventDefault();
    const code = field.current?.value.trim() ?? "";
    try {
      onFound(code, await held(api.GET("/api/v1/auth/device", { params: { query: { user_code: code } } })));
    } catch (error) {
      setProblem(notFound(error) ?? refusal(error));
      field.current?.focus();
    }
  }
  return (
    <Gate title="Connect a device" lead="Type the code that the device shows.">
      <form className={styles.form} onSubmit={(event) => void look(event)}>
        <div className={styles.code}>
          <Field ref={field} label="Code" name="code" autoComplete="off" autoCapitalize="characters" spellCheck={false} maxLength={40} defaultValue={search.get("user_code") ?? ""} problem={problem} required autoFocus />
        </div>
        <Acts>
          <Button type="submit" look="primary" wide>
            Continue
          </Button>
        </Acts>
        <Hint>Only go on if you started this yourself, a moment ago.</Hint>
      </form>
    </Gate>
  );
}

interface QuestionProps {
  code: string;
  question: DeviceQuestion;
  email: string | null;
  onDone: (isAllowed: boolean) => void;
}

function Question({ code, question, email, onDone }: QuestionProps) {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  async function answer(allow: boolean) {
    setBusy(true);
    try {
      await api.POST("/api/v1/auth/device", { body: { user_code: code, allow } });
      onDone(allow);
    } catch (error) {
      setProblem(notFound(error) ?? refusal(error));
      setBusy(false);
    }
  }
  const device = question.device_name ? ` on ${shownName(question.device_name)}` : "";
  return (
    <Gate title={`Let “${shownName(question.client.name)}”${device} in?`} lead={email === null ? undefined : `Signed in as ${email}`}>
      <Asked scopes={question.scopes} />
      <p>
        The device shows <strong>{code.toUpperCase()}</strong>. It asked <When at={question.requested_at} />
        {question.address === null ? "" : ` from ${question.address}`}.
      </p>
      {problem && <Problem>{problem}</Problem>}
      <Acts>
        <Button look="primary" wide disabled={isBusy} onClick={() => void answer(true)}>
          Allow
        </Button>
        <Button wide disabled={isBusy} onClick={() => void answer(false)}>
          Deny
        </Button>
      </Acts>
      <Hint>If it shows another code, or you did not start this, choose Deny.</Hint>
    </Gate>
  );
}

const notFound = (error: unknown): string | null =>
  error instanceof ApiProblem && error.slug === "user-code-not-found" ? "No device waits with this code. Look at it again, or start over on the device." : null;
