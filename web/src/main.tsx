import { render } from "preact";
import { Page } from "./page/Page";
import "./state/theme";
import "./style/tokens.css";
import "./style/type.css";
import "./style/layout.css";
import "./style/part.css";
import "./style/chart.css";

render(<Page />, document.getElementById("page")!);
