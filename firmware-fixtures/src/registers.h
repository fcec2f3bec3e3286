/* The registers this firmware touches, by ST's and Arm's names.
 * Sources: STM32H7S7 device header stm32h7s7xx.h (addresses, bit positions), RM0477; Armv7-M ARM DDI 0403E B3. */
#ifndef ROT_HIL_REGISTERS_H
#define ROT_HIL_REGISTERS_H

#include <stdint.h>

#define REG32(address) (*(volatile uint32_t *)(address))

/* RCC: reset and clock control */
#define RCC_CR REG32(0x58024400u)
#define RCC_CFGR REG32(0x58024410u)
#define RCC_CDCFGR REG32(0x58024418u)
#define RCC_BMCFGR REG32(0x5802441cu)
#define RCC_APBCFGR REG32(0x58024420u)
#define RCC_PLLCKSELR REG32(0x58024428u)
#define RCC_PLLCFGR REG32(0x5802442cu)
#define RCC_PLL1DIVR1 REG32(0x58024430u)
#define RCC_PLL1FRACR REG32(0x58024434u)
#define RCC_CR_PLL1ON (1u << 24)
#define RCC_CR_PLL1RDY (1u << 25)
#define RCC_CR_PLL2ON (1u << 26)
#define RCC_CR_PLL2RDY (1u << 27)
#define RCC_CCIPR2 REG32(0x58024450u)
#define RCC_AHB4ENR REG32(0x58024540u)
#define RCC_APB1ENR1 REG32(0x58024548u)
#define RCC_CCIPR2_UART234578SEL 0x7u
#define RCC_AHB4ENR_GPIODEN (1u << 3)
#define RCC_AHB4ENR_BKPRAMEN (1u << 28)

/* PWR: backup domain write access, voltage scale */
#define PWR_CR1 REG32(0x58024800u)
#define PWR_CR1_DBP (1u << 8)
#define PWR_CSR4 REG32(0x58024814u)
#define PWR_CSR4_VOS (1u << 0)
#define PWR_CSR4_VOSRDY (1u << 1)

/* FLASH */
#define FLASH_ACR REG32(0x52002000u)

/* GPIOD: the pins of the console */
#define GPIOD_MODER REG32(0x58020c00u)
#define GPIOD_OTYPER REG32(0x58020c04u)
#define GPIOD_OSPEEDR REG32(0x58020c08u)
#define GPIOD_PUPDR REG32(0x58020c0cu)

/* The console: USART3 on PD8 and PD9 (NUCLEO-H7S3L8), UART4 on PD0 and PD1 (STM32H7S78-DK) */
#ifdef CONSOLE_USART3
#define CONSOLE_BASE 0x40004800u
#define CONSOLE_IRQn 84u
#define RCC_APB1ENR1_CONSOLEEN (1u << 18)
#define GPIOD_CONSOLE_AFR REG32(0x58020c24u) /* AFRH */
#define CONSOLE_AF 0x77u
#define CONSOLE_FIRST_PIN 8u
#else
#define CONSOLE_BASE 0x40004c00u
#define CONSOLE_IRQn 85u
#define RCC_APB1ENR1_CONSOLEEN (1u << 19)
#define GPIOD_CONSOLE_AFR REG32(0x58020c20u) /* AFRL */
#define CONSOLE_AF 0x88u
#define CONSOLE_FIRST_PIN 0u
#endif
#define CONSOLE_CR1 REG32(CONSOLE_BASE + 0x00u)
#define CONSOLE_CR2 REG32(CONSOLE_BASE + 0x04u)
#define CONSOLE_CR3 REG32(CONSOLE_BASE + 0x08u)
#define CONSOLE_BRR REG32(CONSOLE_BASE + 0x0cu)
#define CONSOLE_ISR REG32(CONSOLE_BASE + 0x1cu)
#define CONSOLE_ICR REG32(CONSOLE_BASE + 0x20u)
#define CONSOLE_RDR REG32(CONSOLE_BASE + 0x24u)
#define CONSOLE_TDR REG32(CONSOLE_BASE + 0x28u)
#define CONSOLE_PRESC REG32(CONSOLE_BASE + 0x2cu)
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXFNEIE (1u << 5)
#define USART_CR1_TCIE (1u << 6)
#define USART_CR1_TXFNFIE (1u << 7)
#define USART_CR1_FIFOEN (1u << 29)
#define USART_ISR_PE (1u << 0)
#define USART_ISR_FE (1u << 1)
#define USART_ISR_NE (1u << 2)
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_RXFNE (1u << 5)
#define USART_ISR_TC (1u << 6)
#define USART_ISR_TXFNF (1u << 7)
#define USART_ISR_TEACK (1u << 21)
#define USART_ISR_REACK (1u << 22)

/* IWDG: independent watchdog, clocked by LSI (32 kHz) */
#define IWDG_KR REG32(0x58004800u)
#define IWDG_PR REG32(0x58004804u)
#define IWDG_RLR REG32(0x58004808u)
#define IWDG_SR REG32(0x5800480cu)
#define IWDG_SR_PVU (1u << 0)
#define IWDG_SR_RVU (1u << 1)

/* RAMECC */
#define RAMECC_IRQn 9u
#define RAMECC1_IER REG32(0x52009000u)
#define RAMECC2_IER REG32(0x58027000u)
#define RAMECC_IER_GIE (1u << 0)
#define RAMECC_IER_GECCSEIE (1u << 1)
#define RAMECC_IER_GECCDEIE (1u << 2)
#define RAMECC_IER_GECCDEBWIE (1u << 3)
#define RAMECC_CR_ECCSEIE (1u << 2)
#define RAMECC_CR_ECCDEIE (1u << 3)
#define RAMECC_CR_ECCDEBWIE (1u << 4)
#define RAMECC_SR_SEDCF (1u << 0)
#define RAMECC_SR_DEDF (1u << 1)
#define RAMECC_SR_DEBWDF (1u << 2)

/* System control space */
#define SYSTICK_EXCEPTION 15u
#define SYST_CSR REG32(0xe000e010u)
#define SYST_CSR_TICKINT (1u << 1)
#define ICSR REG32(0xe000ed04u)
#define VTOR REG32(0xe000ed08u)
#define AIRCR REG32(0xe000ed0cu)
#define SCR REG32(0xe000ed10u)
#define CCR REG32(0xe000ed14u)
#define SHCSR REG32(0xe000ed24u)
#define CFSR REG32(0xe000ed28u)
#define HFSR REG32(0xe000ed2cu)
#define MMFAR REG32(0xe000ed34u)
#define BFAR REG32(0xe000ed38u)
#define MPU_TYPE REG32(0xe000ed90u)
#define MPU_CTRL REG32(0xe000ed94u)
#define MPU_RNR REG32(0xe000ed98u)
#define MPU_RBAR REG32(0xe000ed9cu)
#define MPU_RASR REG32(0xe000eda0u)
#define DEMCR REG32(0xe000edfcu)
#define NVIC_ISER(irq) REG32(0xe000e100u + 4u * ((irq) / 32u))
#define NVIC_ICER(irq) REG32(0xe000e180u + 4u * ((irq) / 32u))
#define NVIC_ICPR(irq) REG32(0xe000e280u + 4u * ((irq) / 32u))
#define NVIC_BIT(irq) (1u << ((irq) % 32u))
#define AIRCR_SYSRESETREQ 0x05fa0004u
#define SCR_SEVONPEND (1u << 4)
#define CCR_DIV_0_TRP (1u << 4)
#define CCR_BFHFNMIGN (1u << 8)
#define SHCSR_FAULTS_ENABLED (7u << 16) /* MEMFAULTENA, BUSFAULTENA, USGFAULTENA */
#define SHCSR_FAULTS_PENDED (7u << 12) /* USGFAULTPENDED, MEMFAULTPENDED, BUSFAULTPENDED */
#define CFSR_MSTKERR (1u << 4)
#define CFSR_STKERR (1u << 12)

/* DWT */
#define DWT_CTRL REG32(0xe0001000u)
#define DWT_CYCCNT REG32(0xe0001004u)
#define DWT_LAR REG32(0xe0001fb0u)
#define DEMCR_TRCENA (1u << 24)
#define DWT_CTRL_CYCCNTENA (1u << 0)

#endif
