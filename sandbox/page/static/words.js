// Every word of the page that is not part of a message, in Korean and English. Knows nothing of the page's elements.

const WORDS = {
  ko: {
    title: "알림 샌드박스", subtitle: "받는 사람이 보게 될 화면입니다. 실제로 나가는 것은 없습니다.",
    clear: "모두 지우기", clearSure: "받은 알림을 모두 지울까요?", language: "English",
    recipient: "받는 사람으로 찾기", all: "전체", kakao: "카카오톡", solapi: "SOLAPI", gmail: "Gmail", ses: "SES",
    live: "실시간", waiting: "다시 연결하는 중",
    talk: "카카오톡", phone: "문자", mail: "메일",
    emptyTitle: "아직 도착한 알림이 없습니다",
    emptyText: "다른 터미널에서 아래 명령을 실행하면 채널마다 한 통씩 보내고, 이 화면에 바로 나타납니다.",
    copy: "복사", copied: "복사됨", nothing: "조건에 맞는 알림이 없습니다.",
    magicRejected: "받는 사람이 이렇게 끝나면 거절됩니다", magicHangs: "받은 뒤 응답하지 않습니다",
    magicThrottles: "처음 한 번 속도 제한에 걸립니다",
    won: "원", alimtalk: "알림톡 도착", friendtalk: "친구톡", self: "나와의 채팅", template: "템플릿",
    to: "받는 사람", cc: "참조", bcc: "숨은 참조", from: "보낸 사람", noSubject: "(제목 없음)", noText: "(내용 없음)",
    showText: "글자만", showHtml: "HTML", taller: "크게", shorter: "작게", picture: "그림",
    open: "자세히 보기", likes: "좋아요", comments: "댓글", shares: "공유", views: "조회", subscribers: "구독",
    unregistered: "등록되지 않은 도메인의 링크는 열리지 않습니다:", idTitle: "알림 ID (누르면 복사)", older: "오래된 알림은 /inbox.json 에 있습니다",
  },
  en: {
    title: "Alrim sandbox", subtitle: "What the recipients would see. Nothing leaves this machine.",
    clear: "Clear all", clearSure: "Clear every received message?", language: "한국어",
    recipient: "Find by recipient", all: "All", kakao: "KakaoTalk", solapi: "SOLAPI", gmail: "Gmail", ses: "SES",
    live: "Live", waiting: "Reconnecting",
    talk: "KakaoTalk", phone: "Messages", mail: "Mail",
    emptyTitle: "Nothing has arrived yet",
    emptyText: "Run this in another terminal: it sends one message on each channel, and they appear here at once.",
    copy: "Copy", copied: "Copied", nothing: "No message matches.",
    magicRejected: "recipients that end so are rejected", magicHangs: "accepted, then no answer",
    magicThrottles: "throttled the first time",
    won: "원", alimtalk: "Alimtalk arrived", friendtalk: "Friendtalk", self: "My chat", template: "Template",
    to: "To", cc: "Cc", bcc: "Bcc", from: "From", noSubject: "(no subject)", noText: "(empty)",
    showText: "Text only", showHtml: "HTML", taller: "Taller", shorter: "Shorter", picture: "Picture",
    open: "Open", likes: "Likes", comments: "Comments", shares: "Shares", views: "Views", subscribers: "Subscribers",
    unregistered: "KakaoTalk opens no links to unregistered domains:", idTitle: "Notification id (click to copy)", older: "Older messages are in /inbox.json",
  },
};

let language = localStorage.getItem("language") ?? (navigator.language.startsWith("ko") ? "ko" : "en");

export const current = () => language;

export function toggle() {
  language = language === "ko" ? "en" : "ko";
  localStorage.setItem("language", language);
}

export const word = (name) => WORDS[language][name];

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];

export function ago(moment, now = Date.now()) {
  const seconds = Math.min(0, Math.round((moment - now) / 1000));
  const [unit, size] = UNITS.find(([, length]) => -seconds >= length) ?? UNITS.at(-1);
  return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

export const exact = (moment) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" }).format(moment);

export const number = (value) => new Intl.NumberFormat(language).format(value);
