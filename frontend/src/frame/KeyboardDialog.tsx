import { Dialog } from "@/kit";
import styles from "./KeyboardDialog.module.css";
import { keysShown } from "./keys";

const KEYS: [string, [string, string][]][] = [
  ["Go", [["Open", "Enter"], ["Up one folder", "Alt ↑"], ["Jump to a name", "type it"], ["Search", "/"], ["Find in a long folder", "Ctrl F"], ["This list", "?"]]],
  ["Select", [["Move", "↑ ↓"], ["Extend", "Shift ↑ ↓"], ["Add or take away", "Space"], ["First, last", "Home End"], ["All", "Ctrl A"], ["None", "Esc"]]],
  ["Do", [["Actions", "Shift F10"], ["Details", "Alt Enter"], ["Rename", "F2"], ["Cut and put elsewhere", "Ctrl X V"], ["Delete", "Del"], ["Undo", "Ctrl Z"]]],
  ["Add", [["Upload", "Alt U"], ["New folder", "Alt N"], ["Paste files", "Ctrl V"]]],
];

/** All keys there are, as the reader's system calls them. */
export default function KeyboardDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Keyboard" wide onClose={onClose}>
      <div className={styles.keys}>
        {KEYS.map(([title, keys]) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {keys.map(([does, key]) => (
                <div key={does}>
                  <dt>{does}</dt>
                  <dd>
                    <kbd>{keysShown(key)}</kbd>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
